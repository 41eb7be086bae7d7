"""What a brand's YAML files say, checked, all problems told at once."""

from cx_helpers.config.brand import Brand, brand_folder, data_folder, load_brand, reports_folder

__all__ = ["Brand", "brand_folder", "data_folder", "load_brand", "reports_folder"]
