// swift-tools-version: 6.2
import PackageDescription

// A package of its own, with links to the sources, so that the product carries no benchmark.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "journal-benchmark",
  targets: [
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"), .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .target(name: "CPawlSystem"), .target(name: "PawlCore", swiftSettings: house),
    .target(
      name: "PawlJournal", dependencies: ["PawlCore", "CSQLite", "CCrypto", "CPawlSystem"], swiftSettings: house),
    .executableTarget(name: "Benchmark", dependencies: ["PawlCore", "PawlJournal"], swiftSettings: house),
  ]
)
