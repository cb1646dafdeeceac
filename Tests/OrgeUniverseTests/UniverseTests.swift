import OrgeUniverse
import Testing
