namespace AttentionKernels;

/// <summary>Which two elements of a head rotary embedding rotates as a pair.</summary>
public enum RotaryStyle
{
    /// <summary>Element i with element i + rotaryDim/2: GPT-NeoX, Llama checkpoints of Hugging Face.</summary>
    HalfSplit,

    /// <summary>Neighbours, element 2i with element 2i + 1: GPT-J, the original Llama, llama2.c.</summary>
    Interleaved,
}
