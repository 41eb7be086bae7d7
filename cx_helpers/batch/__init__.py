"""The monthly job: plan the pages, run the notebooks, check every cell, publish in one step."""
