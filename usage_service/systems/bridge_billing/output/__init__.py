"""Writers of bills: one small module per format, the choice of them in `writers`."""
