"""What every room may have to do for a call: report an emergency, release, settle, watch nodes."""
