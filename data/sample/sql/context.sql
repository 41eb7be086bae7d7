-- A row a day, region and factor.
SELECT date, region, 'public_holiday' AS factor, public_holiday AS value, _source AS source FROM surroundings
UNION ALL SELECT date, region, 'rain_mm', rain_mm, _source FROM surroundings
UNION ALL SELECT date, region, 'temperature_c', temperature_c, _source FROM surroundings
UNION ALL SELECT date, region, 'fuel_price_eur', fuel_price_eur, _source FROM surroundings
