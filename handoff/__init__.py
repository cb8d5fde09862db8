"""The desk: who answers, who is asked next, and the page an agent works at."""
