namespace AttentionKernels.MicroKernels;

/// <summary>Eight numbers in registers, one a row.</summary>
internal readonly struct RegisterColumn
{
    public RegisterColumn(RegisterRow upper, RegisterRow lower)
    {
        Upper = upper;
        Lower = lower;
    }

    public RegisterRow Upper { get; }

    public RegisterRow Lower { get; }
}
