namespace AttentionKernels;

/// <summary>Rotary embedding of new keys on their way into a paged cache.</summary>
/// <param name="Table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are; in a latent cache
/// those before the last ones.</param>
/// <param name="Style">Which elements make a pair.</param>
/// <param name="Positions">For each new token its position [tokens], on the device. One that the table does not have gives a key of
/// NaN.</param>
public readonly record struct KeyRotation(RotaryTable Table, RotaryStyle Style, TensorView<int> Positions);
