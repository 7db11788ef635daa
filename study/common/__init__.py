"""What every command needs: the steps that it shows, and processes that end with it."""
