"""The desk's web side: pages, JSON interface, WebSocket."""
