{
    // StoredRow.NarrowCore<StoredFp16>
    global float* row = var0;
    const float factor = var1;
    global half* target = (global half*)var2;
    const int count = var3;
    for (int i = 0; i < count; i++) {
        const float x = factor * row[i];
        vstore_half_rte(x, i, target);
    }
}
