namespace AttentionKernels.MicroKernels;

/// <summary>Four neighbouring numbers in memory, loaded and stored at once.</summary>
internal readonly record struct Four<T>(T A, T B, T C, T D);
