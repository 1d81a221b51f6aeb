"""Rule sets: configuration in versions that are drafted, promoted and rolled back."""
