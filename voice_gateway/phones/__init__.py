"""People on telephones: rung for a waiting caller, or called back."""
