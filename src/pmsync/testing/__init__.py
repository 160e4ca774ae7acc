"""What connector authors test with: the conformance suite, the emulator base, fault injection."""
