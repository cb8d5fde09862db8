"""The gateway's HTTP and WebSocket routes."""
