"""What is simulated: the parameter table, the elements, the calendar, the centers, and the files that say so."""
