"""The fields of a variant, kind by kind: what is filled in becomes the payload, and a payload what is filled in."""
