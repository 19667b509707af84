"""What programs read: REST under ``/api/v1`` and OGC API Features under ``/ogc``."""
