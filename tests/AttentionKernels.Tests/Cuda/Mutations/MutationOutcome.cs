namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>What became of a mutant.</summary>
internal enum MutationOutcome
{
    /// <summary>A check of the driver reported it.</summary>
    Check,

    /// <summary>The driver did not survive it: addresses far beyond all memory.</summary>
    Crash,

    /// <summary>Bits of an output differ.</summary>
    WrongResult,

    /// <summary>Nothing noticed it.</summary>
    Survived,
}
