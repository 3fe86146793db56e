using AttentionKernels.Attention.Variants;
using ILGPU;

namespace AttentionKernels;

/// <summary>Attention sinks: each head has one more score, of no key, which takes its share of the softmax and adds nothing to the
/// output.</summary>
/// <remarks>
/// <para>o = Σⱼ e^(sⱼ)·vⱼ / (e^sink + Σⱼ e^(sⱼ)). OpenAI, "gpt-oss-120b and gpt-oss-20b Model Card", 2025, where sinks are learned; with
/// sinks of 0 it is Miller's softmax, "Attention Is Off By One", 2023.</para>
/// <para>The log-sum-exp has the sink in it, so that of parts that are merged only one may have sinks. A row without any allowed key gives
/// output 0 and its sink. A sink of −∞ is none.</para>
/// <para>A sink with a value is a state beside that of the keys: <see cref="StateOperations.MergeStates"/> merges attention without sinks
/// with a state whose output is the value, one row for each head, of strides 0 over batch and queries, and whose log-sum-exp is the
/// sink.</para>
/// </remarks>
public readonly struct AttentionSinks : IScoreModifier<AttentionSinks>
{
    private readonly ArrayView<float> _sinks;

    /// <summary>Makes sinks.</summary>
    /// <param name="sinks">The score of each query head's sink [heads].</param>
    /// <exception cref="ArgumentException"><paramref name="sinks"/> is not of rank 1, empty, or not dense.</exception>
    public AttentionSinks(TensorView<float> sinks) => _sinks = VariantTable<float>.Dense(sinks, 1, "[heads]", nameof(sinks));

    /// <inheritdoc/>
    public static bool IsIdentity => true;

    /// <inheritdoc/>
    static bool IScoreModifier<AttentionSinks>.HasSink => true;

    /// <inheritdoc/>
    public static float Apply(in AttentionSinks self, float score, in Position at) => score;

    /// <inheritdoc/>
    static float IScoreModifier<AttentionSinks>.Sink(in AttentionSinks self, int head) => self._sinks[head];

    /// <inheritdoc/>
    static void IScoreModifier<AttentionSinks>.Check(in AttentionSinks self, int heads, string name)
    {
        if (self._sinks.Length != heads)
        {
            throw new ArgumentException(
                $"The AttentionSinks are of {self._sinks.Length} heads; they must be of the query's, {heads}.", name);
        }
    }
}
