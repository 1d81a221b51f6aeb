"""Scenario tables of money: read from a Markdown file, played through the real function handlers, judged by lines.

`python -m tests.finance_scenarios FILE` prints one PASS or FAIL line for each scenario of the file.
"""
