// Bytes, maps and hashes stand in the signatures of nearly everything that a schema is used for: a module that imports OrgeSchema has them.
@_exported public import OrgeBase
