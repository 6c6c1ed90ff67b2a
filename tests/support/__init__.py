"""What the integration tests stand on: processes, peers and looks into /proc."""
