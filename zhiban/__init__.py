"""What every room of ZhiBan shares: settings, timeline, tickets, residents, handoff records."""
