using AttentionKernels.Samples.Llama.Kernels;

namespace AttentionKernels.Samples.Llama;

/// <summary>The sample's own kernels, compiled for a device. Every call queues work on the device's default stream and returns.</summary>
internal sealed class ModelKernels(AttentionDevice device)
{
    private readonly TileKernel<Argmax, ArgmaxArguments> argmax = device.LoadTileKernel<Argmax, ArgmaxArguments>();

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
