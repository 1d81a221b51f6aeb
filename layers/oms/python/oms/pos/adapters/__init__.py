"""What other systems tell of their tills, in their own words, as the commands that it means."""
