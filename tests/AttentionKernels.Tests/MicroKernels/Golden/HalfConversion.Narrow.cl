{
    // HalfConversion.Narrow
    const float value = var0;
    ushort bits;
    vstore_half_rte(value, 0, (private half*)&bits);
    var1 = bits;
}
