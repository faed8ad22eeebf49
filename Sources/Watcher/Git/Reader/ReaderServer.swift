/// The reader's side: answers requests until the client is gone. One request at a time, so that a deadline
/// has one meaning.
struct ReaderServer {
    let input: Int32
    let output: Int32

    func serve() {
        let session = ReaderSession()
        var buffer = FrameBuffer()
        while let payload = nextRequest(&buffer) {
            var wire = WireReader(payload)
            guard let request = try? wire.addressedRequest(), wire.isAtEnd else { return }
            guard answer(request, session) else { return }
        }
    }

    /// False when nobody listens any more.
    private func answer(_ request: AddressedRequest, _ session: ReaderSession) -> Bool {
        let answer = ReaderAnswer(output: output)
        do {
            try session.answer(request, to: answer)
            try answer.finish()
        } catch let error as GitError {
            return (try? answer.fail(error)) != nil
        } catch {
            return false
        }
        return true
    }

    /// Nil at the end of the input or when it is no request.
    private func nextRequest(_ buffer: inout FrameBuffer) -> UnsafeRawBufferPointer? {
        let headBytes = buffer.prefix(Frame.headBytes)
        guard DescriptorIO.readAll(headBytes, from: input),
            let head = Frame.head(UnsafeRawBufferPointer(headBytes)), head.kind == .request
        else { return nil }
        let payload = buffer.prefix(head.length)
        guard DescriptorIO.readAll(payload, from: input) else { return nil }
        return UnsafeRawBufferPointer(payload)
    }
}
