"""What an analyst works with in a notebook: each widget is a module, and works in JupyterLab and in Voilà."""
