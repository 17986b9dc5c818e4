print("ltxsh")
