"""The forty cases of reliability, each a test that bears its id, on the simulated account and through its doors."""
