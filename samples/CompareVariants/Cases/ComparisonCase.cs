namespace AttentionKernels.Samples.CompareVariants;

/// <summary>An operation on one shape, its inputs, and what its result has to be; variants of it are compared.</summary>
/// <remarks>Inputs and references are made when they are first needed, and live as long as the case.</remarks>
internal abstract class ComparisonCase
{
    /// <summary>The operation.</summary>
    public abstract string Operation { get; }

    /// <summary>The sizes of the operands.</summary>
    public abstract string Shape { get; }

    /// <summary>The variants.</summary>
    public abstract IReadOnlyList<string> Variants { get; }

    /// <summary>The rate that tells how fast the operation is.</summary>
    public virtual Throughput Throughput => Throughput.Bandwidth;

    /// <summary>Floating-point operations; <see langword="null"/> where nobody counts them.</summary>
    public virtual double? FloatingPointOperations => null;

    /// <summary>Bytes of inputs and outputs, each counted once.</summary>
    public abstract double Bytes { get; }

    /// <summary>Makes a variant ready to run.</summary>
    /// <param name="variant">One of <see cref="Variants"/>.</param>
    /// <param name="run">Receives what the variant needs, does and gives.</param>
    public abstract void Prepare(string variant, VariantRun run);
}
