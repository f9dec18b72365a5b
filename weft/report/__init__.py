"""Reporting: the record of a check as data, and the tables and prose made from it."""
