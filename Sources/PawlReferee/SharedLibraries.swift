#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a compiled program needs to be loaded, so that a sandbox can show it that and nothing else.
package enum SharedLibraries {
  private static let loaders = [
    "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3", "/lib/ld64.so.2",
    "/lib/ld-linux-riscv64-lp64d.so.1",
  ]

  /// Returns the paths of a program's loader, its cache and the libraries that it names (ld.so(8), `--list`).
  ///
  /// Asks the system's loader and not `ldd`, which runs the loader that the program names itself.
  package static func paths(of program: String, environment: [String]) throws(LabError) -> [String] {
    guard let loader = loaders.first(where: fileExists) else {
      throw LabError(.cannotRun, "no dynamic loader is where this system should have one: `\(loaders[0])`")
    }
    let (ending, bytes) = try ChildProcess.output(
      loader, ["--list", program], environment: environment, seconds: 30)
    let text = String(decoding: bytes, as: UTF8.self)
    guard ending.succeeded else {
      throw LabError(.cannotRun, "`\(loader) --list` \(ending.words): \(text.prefix(500))")
    }
    return [loader, "/etc/ld.so.cache"] + parse(text)
  }

  /// Returns the paths in lines such as `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f…)`.
  static func parse(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      let path = words.count >= 3 && words[1] == "=>" ? words[2] : words.first ?? ""
      return path.hasPrefix("/") ? String(path) : nil
    }
  }
}
