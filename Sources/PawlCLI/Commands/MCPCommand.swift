import Foundation
import PawlCore
import PawlRuntime

/// `pawl mcp`: serves the study to an outside agent over the Model Context Protocol.
struct MCPCommand: Command {
  static let specification = CommandSpecification(
    name: "mcp", summary: "serve this study to a coding agent over the Model Context Protocol, on stdio",
    notes: """
      Started by the agent's program, not by hand: `pawl init --agents` prints how it is told. Tools: propose, wait, status,
      history, evidence, read, steer, notes, claim. Where no `pawl run` is at work, the first proposal begins a session in
      this process that judges what is handed in and nothing else, until the client goes.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    // Said now, where its user looks, rather than with every call.
    _ = try StudySetup.configuration(at: console.directory)
    let session = ToolSession(
      directory: console.directory, note: { console.messages("pawl: \($0)\n") },
      // The main thread waits for a client that will not say more.
      interrupted: { exit(130) })
    let core = ProtocolCore(
      tools: ToolCatalogue.all, name: "pawl", version: Program.version, instructions: ToolCatalogue.instructions)
    let server = ToolServer(
      core: core, tools: StudyTools(directory: console.directory, session: session), write: console.output)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(0, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      buffer.withUnsafeBytes { server.receive(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
    }
    server.close()
    session.end()
    return 0
  }
}
