using AttentionKernels.Samples.Llama.Kernels;

namespace AttentionKernels.Samples.Llama;

/// <summary>The sample's own kernels, compiled for a device. Every call queues work on the device's default stream and returns.</summary>
internal sealed class ModelKernels(AttentionDevice device)
{
    private readonly TileKernel<GatherEmbeddings, GatherArguments> gatherEmbeddings = device.LoadTileKernel<GatherEmbeddings, GatherArguments>();
    private readonly TileKernel<SiluGate, SiluGateArguments> siluGate = device.LoadTileKernel<SiluGate, SiluGateArguments>();
    private readonly TileKernel<Argmax, ArgmaxArguments> argmax = device.LoadTileKernel<Argmax, ArgmaxArguments>();

    /// <summary>Looks up the vectors of tokens.</summary>
    /// <param name="embeddings">[vocabulary, dimension].</param>
    /// <param name="tokens">[tokens].</param>
    /// <param name="output">[tokens, dimension].</param>
    public void Gather(TensorView<float> embeddings, TensorView<int> tokens, TensorView<float> output)
    {
        ElementRun run = ElementRun.For(device, output.ElementCount);
        gatherEmbeddings.Run(
            device.DefaultStream,
            new GatherArguments
            {
                Embeddings = embeddings.Data,
                Tokens = tokens.Data,
                Output = output.Data,
                Dimension = (int)embeddings.Shape[1],
                Run = run,
            },
            run.Tiles);
    }

    /// <summary>Replaces the gate by silu(gate) · up.</summary>
    /// <param name="gate">[tokens, hidden dimension].</param>
    /// <param name="up">[tokens, hidden dimension].</param>
    public void Gate(TensorView<float> gate, TensorView<float> up)
    {
        ElementRun run = ElementRun.For(device, gate.ElementCount);
        siluGate.Run(device.DefaultStream, new SiluGateArguments { Gate = gate.Data, Up = up.Data, Run = run }, run.Tiles);
    }

    /// <summary>One round of the search for the largest value.</summary>
    /// <param name="values">[vocabulary].</param>
    /// <param name="candidates">The positions to compare, ascending.</param>
    /// <param name="winners">One position for each <see cref="Argmax.RunLength"/> candidates, the last of them possibly fewer.</param>
    public void Compare(TensorView<float> values, TensorView<int> candidates, TensorView<int> winners) =>
        argmax.Run(
            device.DefaultStream,
            new ArgmaxArguments { Values = values.Data, Candidates = candidates.Data, Winners = winners.Data },
            winners.ElementCount);
}
