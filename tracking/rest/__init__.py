"""What the doors of the REST API share: who calls, strict reading of bodies and fields, one base for all views."""
