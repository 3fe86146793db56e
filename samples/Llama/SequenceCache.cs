namespace AttentionKernels.Samples.Llama;

/// <summary>The keys and values of one sequence in every layer of a model, and attention over them.</summary>
/// <remarks>
/// A step is <see cref="Extend"/>, then for each layer <see cref="NewRows"/>, which the caller fills, and <see cref="Attend"/>.
/// </remarks>
internal abstract class SequenceCache : ILayerCache, IDisposable
{
    /// <summary>The number of tokens of the sequence, those of the current step included.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets the sequence; the next step begins another.</summary>
    public virtual void Clear() => Length = 0;

    /// <summary>Begins a step that adds tokens to the sequence. The step before must have ended on the device.</summary>
    public void Extend(int tokens)
    {
        Length += tokens;
        Prepare(tokens);
    }

    /// <inheritdoc/>
    public abstract (TensorView<float> Key, TensorView<float> Value) NewRows(int layer);

    /// <inheritdoc/>
    public abstract void Attend(int layer, TensorView<float> query, TensorView<float> output);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Makes everything ready for a step of so many tokens, which <see cref="Length"/> counts already.</summary>
    protected abstract void Prepare(int tokens);
}
