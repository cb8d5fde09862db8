"""The built-in SIP user agent: a process of its own that brings telephone calls to the gateway."""
