"""Spreadsheets in and out: read with care, written so that nobody can be harmed by them."""
