// swift-tools-version: 6.2
import PackageDescription

// House flags: the same for every Swift target.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

typealias Layer = [(name: String, needs: [String])]

// C, below everything: the few system calls that Swift cannot import, the loops that the lab compiles for each instruction set, and the C libraries (name, pkg-config, Debian package).
let systemLibraries = [
  (name: "CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
  (name: "CYaml", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
  (name: "CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
  (name: "CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
]
let foundations = ["CPawlSystem", "CPawlKernels"] + systemLibraries.map(\.name)

// The architecture, lowest layer first. A target depends on targets in strictly lower layers only.
let layers: [Layer] = [
  // 0  Values: no I/O, no clock, no randomness of their own.
  [("PawlCore", [])],
  // 1  Tools: pure functions over values.
  [
    ("PawlConfiguration", ["PawlCore", "CYaml"]),
    ("PawlCorpus", ["PawlCore"]),
    ("PawlGuard", ["PawlCore"]),
    ("PawlReport", ["PawlCore"]),
    ("PawlStatistics", ["PawlCore"]),
  ],
  // 2  Policies: where to search, what to tell, what to believe.
  [
    ("PawlBriefing", ["PawlCore"]),
    ("PawlDrift", ["PawlCore", "PawlCorpus", "PawlStatistics"]),
    ("PawlJudging", ["PawlCore", "PawlCorpus", "PawlStatistics"]),
    ("PawlRatchet", ["PawlCore", "PawlStatistics"]),
    ("PawlSearch", ["PawlCore", "PawlStatistics"]),
  ],
  // 3  Decisions: (state, event) -> [effect]. Replay is a fold over the journal.
  [("PawlEngine", ["PawlCore", "PawlGuard", "PawlRatchet", "PawlSearch", "PawlStatistics"])],
  // 4  The way to servers, which ports have in common.
  [("PawlTransfer", ["PawlCore", "CCurl"])],
  // 5  Ports: one kind of I/O each; they never import one another.
  [
    ("PawlCluster", ["PawlCore", "PawlTransfer", "CPawlSystem"]),
    ("PawlJournal", ["PawlCore", "CSQLite", "CCrypto", "CPawlSystem"]),
    ("PawlModels", ["PawlCore", "PawlTransfer", "CCurl"]),
    ("PawlSandbox", ["PawlCore", "CPawlSystem"]),
    ("PawlDocuments", ["PawlCore", "PawlCorpus", "CPawlSystem", "CCrypto"]),
    ("PawlSimulation", ["PawlCore", "PawlEngine", "PawlRatchet", "PawlStatistics"]),
    ("PawlWorkspace", ["PawlCore", "CPawlSystem", "CCrypto"]),
  ],
  // 6  Assembly: interprets effects; owns threads, signals, clocks, shutdown.
  [
    (
      "PawlRuntime",
      [
        "PawlCore", "PawlBriefing", "PawlCluster", "PawlConfiguration", "PawlCorpus", "PawlDocuments", "PawlDrift",
        "PawlEngine", "PawlJudging", "PawlGuard", "PawlJournal",
        "PawlModels", "PawlRatchet", "PawlReport", "PawlSandbox", "PawlSearch", "PawlStatistics", "PawlWorkspace",
        "CPawlSystem",
      ]
    ),
    // The stages of a generation that Pawl brings: each a process of its own.
    (
      "PawlStages",
      ["PawlCore", "PawlConfiguration", "PawlCorpus", "PawlDocuments", "PawlDrift", "PawlJudging", "PawlStatistics"]
    ),
  ],
  // 7  Faces: arguments, progress, diagnostics, exit codes.
  [
    (
      "PawlCLI",
      ["PawlCore", "PawlConfiguration", "PawlReport", "PawlRuntime", "PawlSimulation", "PawlStages", "CPawlSystem"]
    )
  ],
]

// Apart: the embedded pretraining lab. The engine knows nothing of it, and it knows nothing of the engine.
// A candidate links against PawlLab alone; the frozen side judges it over the protocol, whatever it is written in.
let lab: [Layer] = [
  [("PawlRefereeProtocol", [])],
  [
    ("PawlLab", ["PawlRefereeProtocol", "CPawlKernels"]),
    ("PawlReferee", ["PawlRefereeProtocol", "PawlCore", "PawlSandbox", "CPawlSystem"]),
  ],
  [
    (
      "PawlLabCommand",
      ["PawlLab", "PawlReferee", "PawlRefereeProtocol", "PawlCore", "PawlCorpus", "PawlDocuments", "PawlStages"]
    )
  ],
]

// Programs hold `@main` only; `pawl-lab` is the lab's own face. `pawl-bench` serves `benchmarks/` and is not installed.
let programs: Layer = [
  ("pawl", ["PawlCLI"]), ("pawl-lab", ["PawlLabCommand"]),
  (
    "pawl-bench",
    [
      "PawlCore", "PawlConfiguration", "PawlEngine", "PawlGuard", "PawlJournal", "PawlRatchet", "PawlReport",
      "PawlRuntime", "PawlSandbox", "PawlSearch", "PawlSimulation", "PawlWorkspace",
    ]
  ),
]

func dependencies(_ names: [String]) -> [Target.Dependency] { names.map { .init(stringLiteral: $0) } }

// Reference figures and stored files that tests read from the source tree.
let testData = [
  "PawlCLI": ["Snapshots", "Clients"], "PawlJournal": ["Journals"], "PawlLab": ["References"],
  "PawlStatistics": ["References/make_references.py", "References/make_inference_references.py"],
]
// Tests that call the whole `pawl`, or a server of their own, share what starts it.
let supported = ["PawlCLI", "PawlCluster", "PawlModels", "PawlRuntime", "PawlTransfer"]
let testSupport: Target = .target(
  name: "PawlTestSupport", dependencies: ["CPawlSystem"], path: "Tests/PawlTestSupport", swiftSettings: house)

func tests(of target: (name: String, needs: [String])) -> Target {
  let support = supported.contains(target.name) ? ["PawlTestSupport"] : []
  return .testTarget(
    name: target.name + "Tests", dependencies: dependencies([target.name] + target.needs + support),
    exclude: testData[target.name] ?? [], swiftSettings: house)
}

let libraries = (layers + lab).flatMap { $0 }
let package = Package(
  name: "pawl",
  products: [
    .executable(name: "pawl", targets: ["pawl"]), .executable(name: "pawl-lab", targets: ["pawl-lab"]),
    .executable(name: "pawl-bench", targets: ["pawl-bench"]),
    // A candidate's train.swift is compiled against the library as a file.
    .library(name: "PawlLab", type: .static, targets: ["PawlLab"]),
  ],
  targets: systemLibraries.map {
    .systemLibrary(name: $0.name, pkgConfig: $0.pkgConfig, providers: [.apt([$0.package])])
  }
    + [
      .target(name: "CPawlSystem"),
      // Optimised in debug builds too: tests that train would take minutes.
      .target(name: "CPawlKernels", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    ]
    + libraries.map {
      .target(name: $0.name, dependencies: dependencies($0.needs), exclude: ["README.md"], swiftSettings: house)
    }
    + programs.map { .executableTarget(name: $0.name, dependencies: dependencies($0.needs), swiftSettings: house) }
    + [testSupport] + libraries.map { tests(of: $0) }
)

// Fails the manifest itself when a target reaches sideways or up.
func check(_ layers: [Layer], on house: [String] = []) {
  var below = Set(foundations + house)
  for layer in layers {
    for target in layer {
      for need in target.needs where !below.contains(need) {
        fatalError("\(target.name) may not depend on \(need): it is not in a lower layer")
      }
    }
    below.formUnion(layer.map(\.name))
  }
}
check(layers)
// The referee keeps candidates in with the house's own sandbox, so that there is one, and the stages that need a model read and write documents as
// the house's own do; nothing else of the house is the lab's.
check(lab, on: ["PawlCore", "PawlSandbox", "PawlCorpus", "PawlDocuments", "PawlStages"])
