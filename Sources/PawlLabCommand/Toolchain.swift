#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// The compiler and the prebuilt library that `train.swift` is compiled with.
struct Toolchain {
  let compiler: String
  /// The folder of `PawlLab.swiftmodule`.
  let modules: String
  /// The folder of `libPawlLab.a`.
  let library: String
  var limits = Limits()

  /// Finds both: the library beside the running program, as built, or in `../lib/pawl-lab`, as installed.
  static func find() throws(LabError) -> Toolchain {
    let folder = try programFolder()
    let places = [(folder + "/Modules", folder), (folder + "/../lib/pawl-lab", folder + "/../lib/pawl-lab")]
    guard
      let place = places.first(where: {
        fileExists($0.0 + "/PawlLab.swiftmodule") && fileExists($0.1 + "/libPawlLab.a")
      })
    else {
      throw LabError(
        .cannotRun, "no `PawlLab.swiftmodule` and `libPawlLab.a` for the program in `\(folder)`",
        hints: ["build everything with `swift build -c release`"])
    }
    return Toolchain(compiler: try findProgram("swiftc"), modules: place.0, library: place.1)
  }

  /// A compiler that has not ended after so much processor time, wall time or address space is stopped.
  struct Limits {
    var cpuSeconds = 30
    var wallSeconds = 120.0
    var memoryMebibytes = 6144
  }
  /// Seconds of processor time for one expression; then the compiler names it and gives up.
  private static let expressionSeconds = 10

  /// Puts the program that `source` says at `program`: out of the cache, or compiled in `scratch` and kept for the next attempt.
  ///
  /// - Parameter name: the name of the source in what the compiler says.
  func build(
    _ source: [UInt8], name: String, optimises: Bool, to program: String, scratch: String, cache: ProgramCache?
  ) throws(LabError) {
    func compile() throws(LabError) {
      try self.compile(source, name: name, optimises: optimises, to: program, scratch: scratch)
    }
    guard let cache else { return try compile() }
    try cache.program(for: record(source, optimises: optimises), at: program, build: compile)
  }

  /// All that decides what the program will be.
  private func record(_ source: [UInt8], optimises: Bool) -> [UInt8] {
    let parts = [library + "/libPawlLab.a", modules + "/PawlLab.swiftmodule"].map { path in
      readFile(path).map { Fingerprint($0).text } ?? path
    }
    let flags = Self.flags(optimises: optimises) + Self.linked
    return Array((flags + parts + [compilerVersion, ""]).joined(separator: "\n").utf8) + source
  }

  /// What tells one compiler from another, without the tenth of a second that asking it for its version takes.
  private var compilerVersion: String {
    let front = parentFolder(of: resolved(compiler) ?? compiler) + "/swift-frontend"
    return [compiler, front].map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return path }
      #if os(Linux)
        let changed = status.st_mtim.tv_sec
      #else
        let changed = status.st_mtimespec.tv_sec
      #endif
      return "\(path) \(status.st_size) \(changed)"
    }.joined(separator: "\n")
  }

  private static func flags(optimises: Bool) -> [String] {
    // Without optimisation where nothing else is said: the work is in the library.
    [
      optimises ? "-O" : "-Onone", "-swift-version", "5", "-module-name", "train", "-diagnostic-style", "llvm",
      "-no-color-diagnostics", "-Xfrontend", "-solver-expression-time-threshold=\(expressionSeconds)",
    ]
  }

  private static var linked: [String] {
    #if os(Linux)
      // What the library itself needs: `train.swift` does not import it, so the linker is not told.
      ["-lPawlLab", "-lswiftGlibc", "-lswiftSynchronization", "-lm"]
    #else
      ["-lPawlLab"]
    #endif
  }

  private func compile(
    _ source: [UInt8], name: String, optimises: Bool, to program: String, scratch: String
  ) throws(LabError) {
    // The library's module names the C module that it was built with; an empty one in its place is all that a client needs.
    let stub = scratch + "/CPawlKernels"
    mkdir(stub, 0o755)
    try writeFile(Array("module CPawlKernels {}\n".utf8), to: stub + "/module.modulemap")
    let file = scratch + "/train.swift"
    try writeFile(source, to: file)
    let arguments =
      Self.flags(optimises: optimises)
      + ["-module-cache-path", scratch + "/modules", "-I", modules, "-I", stub, "-L", library, file] + Self.linked
      + ["-o", program]
    // The limits hold for the compiler and for what it starts.
    let script = "ulimit -c 0; ulimit -v \(limits.memoryMebibytes << 10); ulimit -t \(limits.cpuSeconds); exec \"$@\""
    let ending: ChildProcess.Ending
    let bytes: [UInt8]
    do throws(LabError) {
      (ending, bytes) = try ChildProcess.output(
        "/bin/sh", ["-c", script, "sh", compiler] + arguments, seconds: limits.wallSeconds)
    } catch {
      guard error.code == .outOfTime else { throw error }
      throw Self.tooLong(name, "`\(shortest(limits.wallSeconds))` seconds")
    }
    guard !ending.succeeded else { return }
    let words = String(decoding: bytes, as: UTF8.self)
    if words.contains("due to signal \(SIGXCPU)") || words.contains("due to signal \(SIGKILL)") {
      throw Self.tooLong(
        name, "`\(limits.cpuSeconds)` seconds of processor time, or `\(limits.memoryMebibytes)` MiB of memory")
    }
    throw LabError(
      .compileFailed, "`\(name)` does not compile:\n" + CompilerWords(words, file: file, name: name).text)
  }

  private static func tooLong(_ name: String, _ limit: String) -> LabError {
    LabError(
      .compileFailed, "`\(name)` does not compile: the compiler had not ended after \(limit)",
      hints: ["break up long expressions, and give their parts types"])
  }
}

/// The folder of the running program, links resolved.
private func programFolder() throws(LabError) -> String {
  #if os(Linux)
    let path = "/proc/self/exe"
  #else
    let path = CommandLine.arguments.first ?? ""
  #endif
  guard let file = resolved(path) else {
    throw LabError(.cannotRun, "cannot find the folder of this program: \(reason(errno))")
  }
  return parentFolder(of: file)
}

/// Returns a path without links; nil when nothing is there.
private func resolved(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// Finds a program in the folders of `PATH`.
func findProgram(_ name: String) throws(LabError) -> String {
  for folder in (environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
    let path = "\(folder)/\(name)"
    if access(path, X_OK) == 0 { return path }
  }
  throw LabError(.cannotRun, "`\(name)` is not in `PATH`", hints: ["install it, or add its folder to `PATH`"])
}

/// The folder that a path lies in; `.` for a bare name.
func parentFolder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The last part of a path.
func fileName(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
