"""The voice gateway: media links, speech, turn taking, interception and the bridge to people."""
