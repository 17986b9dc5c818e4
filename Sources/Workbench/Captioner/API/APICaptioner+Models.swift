import Base
import Hub

// MARK: Which model

extension APICaptioner {
    func model(_ control: CaptionControl) throws -> String {
        if let model = state.withLock({ $0.model }) { return model }
        let list: ModelList
        do { list = try models(control) } catch let failure as APIFailure {
            guard let usual = preset.usualModel, !failure.endsAll || failure.cause == .address else { throw failure }
            tell("\(endpoint.host) does not list its models: \(usual) is used", control)
            return settle(usual)
        }
        guard let (name, reason) = list.choice(preset) else {
            throw CaptionerError.models(
                "no model at \(endpoint.host) is known to take images (there: \(list.names)); say which with model = \"…\""
            )
        }
        tell("model \(APIFailure.short(name)): \(reason)", control)
        return settle(name)
    }
    private func settle(_ name: String) -> String {
        state.withLock { state in
            state.model = state.model ?? name
            return state.model ?? name
        }
    }
    /// What the server lists. Throws `APIFailure`.
    func models(_ control: CaptionControl) throws -> ModelList {
        var request = HTTPRequest("GET", endpoint.appending("models"))
        request.timeout = min(30, timeout)
        let response = try perform(request, control)
        if var failure = APIFailure(response, sent: [], host: endpoint.host, masking: key) {
            if failure.cause == .auth { failure.hint = keyHint }
            throw failure
        }
        guard let list = ModelList(response.body) else {
            throw APIFailure(
                .malformed, "its list of models cannot be read", host: endpoint.host, status: response.status)
        }
        return list
    }
    /// What may be wrong with the key, or that there is none.
    var keyHint: String {
        if let hint = preset.keyHint { return hint }
        return key.map { "is the key in \($0.origin) one of this service?" } ?? "it wants a key: key_env or key_file"
    }
    /// The failure with what else is known of it.
    func explained(_ failure: APIFailure, _ control: CaptionControl) -> APIFailure {
        var failure = failure
        switch failure.cause {
        case .auth: failure.hint = keyHint
        case .model:
            let names = (try? models(control))?.names
            failure.hint = names.map { "the server has: \($0)" } ?? "it does not list what it has"
        case .noPictures:
            failure.hint =
                preset.name == "llamacpp"
                ? "start it with the model's projector: llama-server -m MODEL.gguf --mmproj MMPROJ.gguf"
                : "choose a model that takes images"
        case .address where failure.status != 0:
            failure.hint = "is '\(endpoint)' the address that ends before /chat/completions?"
        case .tooLarge where failure.hint == nil: failure.hint = "fewer 'frames' or a smaller 'size' make it less"
        default: break
        }
        return failure
    }
}
