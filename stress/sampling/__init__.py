"""The page about random strategies, made from what ``weft bench -k sampling`` has measured."""
