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

  /// Compiles `source` to `program`; `scratch` is a folder for what the compiler keeps.
  ///
  /// Without optimisation: the work is in the library, and compiling with it takes longer than it saves.
  func compile(_ source: String, to program: String, scratch: String) throws(LabError) {
    // The library's module names the C module that it was built with; an empty one in its place is all that a client needs.
    let stub = scratch + "/COpenBLAS"
    mkdir(stub, 0o755)
    try writeFile(Array("module COpenBLAS [system] {}\n".utf8), to: stub + "/module.modulemap")
    var arguments = [
      "-Onone", "-swift-version", "5", "-module-name", "train", "-module-cache-path", scratch + "/modules",
      "-I", modules, "-I", stub, "-L", library, source, "-lPawlLab", "-lopenblas", "-o", program,
    ]
    #if os(Linux)
      // What the library itself needs: `train.swift` does not import it, so the linker is not told.
      arguments += ["-lswiftGlibc", "-lswiftSynchronization", "-lm"]
    #endif
    let (ending, bytes) = try ChildProcess.output(compiler, arguments, seconds: 120)
    guard ending.succeeded else {
      throw LabError(
        .compileFailed, "`train.swift` does not compile:\n" + trimmed(String(decoding: bytes, as: UTF8.self)))
    }
  }
}

/// The folder of the running program, links resolved.
private func programFolder() throws(LabError) -> String {
  #if os(Linux)
    let path = "/proc/self/exe"
  #else
    let path = CommandLine.arguments.first ?? ""
  #endif
  guard let resolved = realpath(path, nil) else {
    throw LabError(.cannotRun, "cannot find the folder of this program: \(reason(errno))")
  }
  defer { free(resolved) }
  return parentFolder(of: String(cString: resolved))
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

/// Makes a path independent of the working folder.
func absolutePath(_ path: String) throws(LabError) -> String {
  if path.hasPrefix("/") { return path }
  guard let folder = getcwd(nil, 0) else {
    throw LabError(.cannotRun, "cannot find the working folder: \(reason(errno))")
  }
  defer { free(folder) }
  return String(cString: folder) + "/" + path
}
