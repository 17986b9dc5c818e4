import Base
import LTXVideo
import NN

extension Trainer {
    /// Generates a video with the models in memory and writes it. Returns its path.
    ///
    /// Throws when a model is in use by a run, when the LoRA does not fit, and `Cancelled` when the monitor was asked
    /// to stop; nothing is written then.
    @discardableResult
    public func sample(_ options: SampleOptions, monitor: Monitor = Monitor()) throws -> String {
        try SessionRanks.requireAlone("sampling")
        let user = "sample", generation = try VideoGeneration(options, of: model)
        let base = try model.lease(.transformer, weights(dtype, self.options), for: user)
        let transformer = try base.model(monitor)
        let adapters = try options.lora.map { source in
            let file = try LoRAFile(source)
            try file.requireFinite()
            if let remark = file.remark { monitor.note(remark) }
            if try file.hasNoEffect() { monitor.note("'\(file.path)' changes nothing: every lora_B is zero") }
            return try AdapterSet(
                transformer.linears, tensors: file.tensors, alphas: file.alphas, source: file.path)
        }
        // The text encoder is given back before the VAE is asked for: the two are never needed together.
        let texts = try encode(generation.prompts, user, monitor)
        let videoLease = try model.lease(.vae, dtype: dtype, device: device, for: user)
        let vae = try videoLease.model(monitor)
        adapters?.attach(strength: options.loraStrength, dropout: nil)
        defer { adapters?.detach() }
        let frames = try generation.frames(transformer, vae, texts, monitor: monitor)
        return try options.write(frames)
    }

    private func encode(_ prompts: [String], _ user: String, _ monitor: Monitor) throws -> [TextCondition] {
        let lease = try model.lease(.textEncoder, textPolicy(dtype, self.options), for: user)
        return try lease.model(monitor).encode(prompts: prompts, monitor)
    }
}
