"""What every context stands on: money, time, ids, problems, writes, commands, tables, HTTP."""
