"""What every training shares: recipe settings, processes, the run folder, rates, averages."""
