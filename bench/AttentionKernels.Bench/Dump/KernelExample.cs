namespace AttentionKernels.Bench;

/// <summary>A kernel of the library, and a small call that launches it.</summary>
/// <param name="Kernel">The kernel, as its struct is called.</param>
/// <param name="Launch">Makes the call, on the device of a row that takes over the operands, with numbers of a type.</param>
internal sealed record KernelExample(string Kernel, Action<PreparedRow, DataType> Launch)
{
    private const KernelSchedule Vector = KernelSchedule.Vector, Simt = KernelSchedule.Simt, TensorCore = KernelSchedule.TensorCore;

    /// <summary>A call for each kernel. What has no schedule to choose takes the device's: Simt on GPUs, Vector on processors.</summary>
    public static IReadOnlyList<KernelExample> All { get; } =
    [
        Of("TiledAttentionVector", calls => calls.Attention(AttentionAlgorithm.Tiled, Vector)),
        Of("TiledAttentionSimt", calls => calls.Attention(AttentionAlgorithm.Tiled, Simt)),
        OfTensorCores("TensorCoreAttention", calls => calls.Attention(AttentionAlgorithm.Tiled, TensorCore)),
        Of("SplitKvDecodeVector", calls => calls.Attention(AttentionAlgorithm.SplitKv, Vector)),
        Of("SplitKvDecodeSimt", calls => calls.Attention(AttentionAlgorithm.SplitKv, Simt)),
        OfTensorCores("TensorCoreDecode", calls => calls.Attention(AttentionAlgorithm.SplitKv, TensorCore)),
        Of("MergeStatesVector", calls => calls.Attention(AttentionAlgorithm.SplitKv, Vector)),
        Of("MergeStatesSimt", calls => calls.Attention(AttentionAlgorithm.SplitKv, Simt)),
        Of("MergeTwoStates", calls => calls.MergeStates()),
        Of("NaiveAttention", calls => calls.Attention(AttentionAlgorithm.Naive, schedule: null)),
        Of("ReferenceAttention", calls => calls.ReferenceAttention()),
        Of("WidenQueries", calls => calls.QuantizedAttention()),
        Of("AppendVector", calls => calls.PagedAttention()),
        Of("AppendSimt", calls => calls.PagedAttention()),
        Of("CheckBlockTable", calls => calls.PagedAttention()),
        Of("RotaryVector", calls => calls.Rotary()),
        Of("RotaryEmbedding", calls => calls.Rotary()),
        Of("GatherAngles", calls => calls.GatherAngles()),
        Of("RowNormVector", calls => calls.RmsNorm(Vector)),
        Of("RowNormSimt", calls => calls.RmsNorm(Simt)),
        Of("RowNormQuantizedVector", calls => calls.QuantizedNorm(Vector)),
        Of("RowNormQuantizedSimt", calls => calls.QuantizedNorm(Simt)),
        Of("RowNormBackwardVector", calls => calls.LayerNormBackward(Vector)),
        Of("RowNormBackwardSimt", calls => calls.LayerNormBackward(Simt)),
        Of("FeatureGradientSimt", calls => calls.LayerNormBackward(Simt)),
        Of("GradientOfChunks", calls => calls.LayerNormBackward(schedule: null)),
        Of("SoftmaxVector", calls => calls.Softmax(Vector)),
        Of("SoftmaxSimt", calls => calls.Softmax(Simt)),
        Of("GroupNormVector", calls => calls.GroupNorm(Vector)),
        Of("GroupNormSimt", calls => calls.GroupNorm(Simt)),
        Of("GroupNormBackwardVector", calls => calls.GroupNormBackward(Vector)),
        Of("GroupNormBackwardSimt", calls => calls.GroupNormBackward(Simt)),
        Of("BatchNormTrainingVector", calls => calls.BatchNormTraining(Vector)),
        Of("BatchNormTrainingSimt", calls => calls.BatchNormTraining(Simt)),
        Of("BatchNormInferenceVector", calls => calls.BatchNormInference()),
        Of("BatchNormInference", calls => calls.BatchNormInference()),
        Of("BatchNormBackwardVector", calls => calls.BatchNormBackward(Vector)),
        Of("BatchNormBackwardSimt", calls => calls.BatchNormBackward(Simt)),
        Of("LinearVector", calls => calls.Linear(tokens: 1, Vector)),
        Of("LinearSimt", calls => calls.Linear(tokens: 1, Simt)),
        Of("LinearTiledSimt", calls => calls.Linear(tokens: 256, Simt)),
        Of("ElementwiseVector", calls => calls.Activate()),
        Of("ElementwiseSimt", calls => calls.Activate()),
        Of("EmbeddingGradientVector", calls => calls.EmbeddingGradient()),
        Of("EmbeddingGradientSimt", calls => calls.EmbeddingGradient()),
    ];

    /// <summary>Whether a launch is one of the kernel, whatever its generic choices.</summary>
    public bool IsOf(string launched) =>
        launched == Kernel || launched.StartsWith($"{Kernel}<", StringComparison.Ordinal);

    private static KernelExample Of(string kernel, Action<IExampleCalls> call) =>
        new(kernel, (row, type) => ElementTypes.Give(type, new CallUser(row, call)));

    // Tensor cores take numbers of 16 bits.
    private static KernelExample OfTensorCores(string kernel, Action<IExampleCalls> call)
    {
        KernelExample example = Of(kernel, call);
        return example with
        {
            Launch = (row, type) => example.Launch(row, type == DataType.Float32 ? DataType.Find("fp16") : type),
        };
    }

    private sealed class CallUser(PreparedRow row, Action<IExampleCalls> call) : IElementUser
    {
        public void Use<T>(ElementType<T> type)
            where T : unmanaged => call(new ExampleCalls<T>(row, type.Format));
    }
}
