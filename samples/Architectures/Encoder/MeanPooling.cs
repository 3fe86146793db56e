using ILGPU;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>What <see cref="MeanPooling"/> takes.</summary>
public struct MeanPoolingArguments
{
    /// <summary>[tokens, hidden].</summary>
    [KernelInput]
    public ArrayView<float> Tokens;

    /// <summary>Where each sentence begins, and where the last one ends: [sentences + 1].</summary>
    [KernelInput]
    public ArrayView<int> Offsets;

    /// <summary>[sentences, hidden].</summary>
    public ArrayView<float> Means;

    /// <summary>Elements of a token.</summary>
    public int Hidden;

    /// <summary>Elements of a tile, a divisor of <see cref="Hidden"/>.</summary>
    public int PerTile;
}

/// <summary>means[s][i] = the mean of tokens[t][i] over the tokens t of a sentence s: a kernel of a user's own.</summary>
/// <remarks>Tile: neighbouring elements of a sentence. On a GPU one, so that neighbouring threads read neighbouring elements; on a processor
/// many, which are read one after the other.</remarks>
public readonly struct MeanPooling : ITileKernel<MeanPoolingArguments>
{
    private const int PerProcessorTile = 64;

    /// <summary>Queues the kernel.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tokens">[tokens, hidden].</param>
    /// <param name="offsets">[sentences + 1].</param>
    /// <param name="means">[sentences, hidden].</param>
    public static void Run(AttentionDevice device, TensorView<float> tokens, TensorView<int> offsets, TensorView<float> means)
    {
        int hidden = (int)tokens.Shape[1];
        bool isProcessor = device.Description.Kind is DeviceKind.Cpu or DeviceKind.OpenClCpu;
        var arguments = new MeanPoolingArguments
        {
            Tokens = tokens.Data,
            Offsets = offsets.Data,
            Means = means.Data,
            Hidden = hidden,
            PerTile = isProcessor && hidden % PerProcessorTile == 0 ? PerProcessorTile : 1,
        };
        device.LoadTileKernel<MeanPooling, MeanPoolingArguments>().Run(device.DefaultStream, arguments, means.ElementCount / arguments.PerTile);
    }

    /// <inheritdoc/>
    public static void Run(MeanPoolingArguments arguments, long tile, ArrayView<float> scratch)
    {
        long first = tile * arguments.PerTile;
        int sentence = (int)(first / arguments.Hidden);
        int element = (int)(first % arguments.Hidden);
        int begin = arguments.Offsets[sentence];
        int end = arguments.Offsets[sentence + 1];
        ArrayView<float> means = arguments.Means.SubView(first, arguments.PerTile);
        for (int index = 0; index < arguments.PerTile; index++)
            means[index] = 0f;
        for (int token = begin; token < end; token++)
        {
            ArrayView<float> row = arguments.Tokens.SubView(((long)token * arguments.Hidden) + element, arguments.PerTile);
            for (int index = 0; index < arguments.PerTile; index++)
                means[index] += row[index];
        }

        for (int index = 0; index < arguments.PerTile; index++)
            means[index] /= end - begin;
    }
}
